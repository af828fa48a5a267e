"""From any format into any other: what no stage needs."""
