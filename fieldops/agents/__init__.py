from fieldops.agents import models as models
