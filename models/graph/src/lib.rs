//! Gift graph: snapshot on disk, live changes, Swing, metapaths, sampling.
