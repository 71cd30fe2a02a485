"""Find entries and how-tos by what people say in their own words (BM25F)."""
