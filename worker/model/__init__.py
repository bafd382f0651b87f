"""MobileNetV2: find the weights, compile them, and run the compiled model."""
