"""How much of the matrix a run covers: `make test` three scripts, `make test-all` every language."""

import os

WHOLE = os.environ.get("MATRIX") == "whole"
LANGUAGES = ["en", "fr", "it", "hi", "pt", "ar"] if WHOLE else ["en", "hi", "ar"]
ON_A_PHONE = LANGUAGES if WHOLE else ["en"]
