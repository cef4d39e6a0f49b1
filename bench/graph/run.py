"""Neighbour sampling of the same graph by kairos-graph, PyG and DGL, one thread each, in turns.

Every sampler draws, for 100 batches of 1,024 users, FAN_OUTS neighbours hop by hop without replacement, and renumbers the nodes
that it met. Seconds are of the processor, the best of five rounds. A peer that can't be loaded is named with the reason.
"""

import importlib.util
import json
import os
import subprocess
import sys
import time
import types

import numpy as np

BATCH, BATCHES, ROUNDS = 1024, 100, 5


def best_of(draw):
    """Best processor seconds and the edges drawn."""
    best, edges = float("inf"), 0
    for _ in range(ROUNDS):
        start = time.process_time()
        edges = sum(draw(batch) for batch in range(BATCHES))
        best = min(best, time.process_time() - start)
    return {"edges": edges, "seconds": best, "edges_per_second": edges / best}


def read(path):
    """Users and streamers of all edges, numbered by first appearance, and the users' number."""
    pairs = np.fromfile(path, dtype="<u4").reshape(-1, 2)

    def numbered(ids):
        _, first, inverse = np.unique(ids, return_index=True, return_inverse=True)
        return np.argsort(np.argsort(first))[inverse], len(first)

    users, user_count = numbered(pairs[:, 0])
    streamers, streamer_count = numbered(pairs[:, 1])
    return users.astype(np.int64), streamers.astype(np.int64), user_count, streamer_count


def compressed(users, streamers, user_count, streamer_count):
    """Both directions in one graph, streamers after users: where a node's neighbours begin, and they."""
    total = user_count + streamer_count
    source = np.concatenate([users, streamers + user_count])
    target = np.concatenate([streamers + user_count, users])
    order = np.argsort(source, kind="stable")
    begin = np.zeros(total + 1, dtype=np.int64)
    np.cumsum(np.bincount(source, minlength=total), out=begin[1:])
    return begin, target[order], source, target


def seeds(torch, batch, user_count):
    first = batch * BATCH % (user_count - BATCH)
    return torch.arange(first, first + BATCH)


def pyg(graph, fan_outs, user_count):
    import torch

    begin, neighbours = (torch.from_numpy(array) for array in graph[:2])
    if importlib.util.find_spec("pyg_lib"):
        import pyg_lib

        name = f"PyG (pyg-lib {pyg_lib.__version__})"
        sample = lambda nodes: pyg_lib.sampler.neighbor_sample(begin, neighbours, nodes, fan_outs)
    else:
        library = os.environ.get("TORCH_SPARSE_LIBRARY")
        if library:
            torch.ops.load_library(library)
        else:
            import torch_sparse  # noqa: F401
        name = "PyG (torch-sparse)"
        sample = lambda nodes: torch.ops.torch_sparse.neighbor_sample(begin, neighbours, nodes, fan_outs, False, True)
    return name, best_of(lambda batch: len(sample(seeds(torch, batch, user_count))[1]))


def dgl(graph, fan_outs, user_count):
    # The wheel carries GraphBolt for old versions of torch only; the sampler measured here does not use it.
    stub = types.ModuleType("dgl.graphbolt")
    stub.__path__ = []
    sys.modules.setdefault("dgl.graphbolt", stub)
    import dgl as library
    import torch

    # DGL draws in-edges, so the neighbours are the sources.
    whole = library.graph((torch.from_numpy(graph[3]), torch.from_numpy(graph[2])), num_nodes=len(graph[0]) - 1)
    whole = whole.formats(["csc"])
    whole.create_formats_()

    def draw(batch):
        frontier, edges = seeds(torch, batch, user_count), 0
        for fan_out in fan_outs:
            block = library.to_block(library.sampling.sample_neighbors(whole, frontier, fan_out), frontier)
            edges += block.num_edges()
            # Nodes met in this hop only, as the others expand them.
            frontier = block.srcdata[library.NID][len(frontier) :]
        return edges

    return f"DGL {library.__version__}", best_of(draw)


def main():
    scale, pairs, fan_outs = sys.argv[1:4]
    numbers = [int(text) for text in fan_outs.split(",")]
    users, streamers, user_count, streamer_count = read(pairs)
    graph = compressed(users, streamers, user_count, streamer_count)
    print(f"{user_count} users, {streamer_count} streamers, {len(users)} edges, fan-outs {fan_outs}, 1 thread")
    results = []
    for peer in (pyg, dgl):
        command = [scale, "sample", "0", "0", "0", pairs, fan_outs]
        ours = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        try:
            name, theirs = peer(graph, numbers, user_count)
        except Exception as reason:  # Whatever a peer's import raises.
            print(f"{peer.__name__}: not measured: {type(reason).__name__}: {reason}")
            results.append(ours)
            continue
        ratio = ours["edges_per_second"] / theirs["edges_per_second"]
        drawn = f"{ours['edges']} and {theirs['edges']} edges"
        print(
            f"ours {ours['edges_per_second']:.0f} edges/s, {name} {theirs['edges_per_second']:.0f} edges/s: "
            f"{ratio:.2f} times as fast ({drawn})"
        )
        results.append(ours)
    rates = ", ".join(f"{result['edges_per_second']:.0f}" for result in results)
    print(f"ours in every turn: {rates} edges per processor-second")


if __name__ == "__main__":
    main()
