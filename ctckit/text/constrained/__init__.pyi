from .constraint import Constraint as Constraint
from .constraint import constrained_decode as constrained_decode
