"""Options have PyTorch's names in camel case; these are the way back."""
import re


def snake_case(options):
    """{'weightDecay': 1} as {'weight_decay': 1}."""
    return {re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name): value for name, value in options.items()}
