//! Every operation, against the tables of the schema and against bytes of others.
