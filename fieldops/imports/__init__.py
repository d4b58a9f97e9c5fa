from fieldops.imports import models as models
