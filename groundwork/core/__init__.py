"""What a component is made of, and how components become a stack. Knows no product by name."""

from groundwork.core.component import Component
from groundwork.core.config import ByProfile, Config
from groundwork.core.contract import Contract
from groundwork.core.environment import Environment
from groundwork.core.errors import StackError

__all__ = ["ByProfile", "Component", "Config", "Contract", "Environment", "StackError"]
