from fieldops.batching import models as models
