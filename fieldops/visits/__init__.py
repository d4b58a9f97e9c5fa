from fieldops.visits import models as models
