"""MobileNetV2: where its weights are, how they are compiled, and what runs them."""
