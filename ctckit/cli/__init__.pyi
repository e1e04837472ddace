from .arguments import parse_arguments as parse_arguments
from .results import show_result as show_result
from .running import run_command as run_command
from .training import TrainingArguments as TrainingArguments
from .training import parse_training as parse_training
from .verbs import inference_model as inference_model
from .verbs import main as main
