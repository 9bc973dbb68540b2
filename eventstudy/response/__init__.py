"""The shape of the reaction: speed, overshoot, reversal, leak, jumps, volume, volatility."""
