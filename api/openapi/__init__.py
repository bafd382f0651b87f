"""OpenAPI document of the API: what FastAPI generates, with descriptions and examples added."""
