from fieldops.planning import models as models
