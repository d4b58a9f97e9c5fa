from fieldops.correspondence import models as models
