from pathlib import Path

GREETING = Path(__file__).with_name("table.txt").read_text()
