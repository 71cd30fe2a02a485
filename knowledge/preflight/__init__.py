"""Finds what would make an image build fail, before anybody submits the template."""
