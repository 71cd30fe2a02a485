"""Reading an input: what kind of text it is, whether it is about an image build, and its parts."""
