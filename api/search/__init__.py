"""Tag autocomplete, and the reasons why a search matched."""
