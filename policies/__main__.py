"""Where the engine starts the pack."""

from pathlib import Path

from groundwork.policy.analyzer import Analyzer, serve
from policies.pack import VERSION, judge, load_rules

ROOT = Path(__file__).resolve().parent.parent

serve(Analyzer(VERSION, load_rules(), lambda settings: judge(ROOT, settings)))
