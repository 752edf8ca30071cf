"""A folder of texts in, the tables of a study out; knows no measure."""
