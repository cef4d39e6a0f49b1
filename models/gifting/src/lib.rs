//! MMBee: fusion with learnable query, interest expansion, ranker.
