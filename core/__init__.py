"""The domain: types, errors, predictions, search language, vocabulary. No driver or framework."""
