"""Events and returns to abnormal returns; arrays only below ``panel``."""
