from fieldops.addresses import models as models
