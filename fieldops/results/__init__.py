from fieldops.results import models as models
