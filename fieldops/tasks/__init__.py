from fieldops.tasks import models as models
