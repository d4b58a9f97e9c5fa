from fieldops.sync import models as models
