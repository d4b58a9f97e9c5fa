from fieldops.cases import models as models
