//! Samples: real edges, the asked-for shape and likelihood, the same by seed whatever the threads.

// A helper that cannot go on has failed its test.
#![allow(clippy::unwrap_used)]

mod gifts;

use std::collections::{BTreeMap, BTreeSet};

use gifts::{AS_OF, applied, built};
use kairos_graph::{
    Graph, GraphConfig, Negatives, NeighbourSampler, NeighbourTables, Popularity, SampleOptions, Side, Step,
    walks,
};

fn graph() -> Graph {
    // Few streamers get most gifts.
    let event = |i: u32| {
        let streamer = (i * 7 % 1000).pow(3) / 16_400_000;
        ((i * 131 % 241) as u8, streamer as u8, 1, (i * 37 % 900) as u16, i * 31)
    };
    let events: Vec<_> = (0..6_000).map(event).collect();
    let mut graph = built(&events[..5_000], &GraphConfig::default());
    applied(&mut graph, &events[5_000..]);
    graph
}

fn options(fan_outs: &[usize], weighted: bool, replace: bool, seed: u64) -> SampleOptions {
    SampleOptions { fan_outs: fan_outs.to_vec(), weighted, replace, seed }
}

fn pool<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

#[test]
fn sampled_edges_are_edges_and_fan_outs_hold() {
    let graph = graph();
    let sampler = NeighbourSampler::weighted(&graph);
    let seeds: Vec<u32> = (0..graph.user_slots()).collect();
    for (weighted, replace) in [(false, false), (true, false), (false, true)] {
        let sample = sampler.sample(Side::Users, &seeds[..90], &options(&[5, 3, 70], weighted, replace, 7));
        assert_eq!(sample.users[..90], seeds[..90]);
        let [users, streamers] = [&sample.users, &sample.streamers];
        assert_eq!(users.iter().collect::<BTreeSet<_>>().len(), users.len(), "a node has one number");
        assert_eq!(streamers.iter().collect::<BTreeSet<_>>().len(), streamers.len());
        let mut expanded = BTreeSet::new();
        for (hop, fan_out) in sample.hops.iter().zip([5, 3, 70]) {
            let mut drawn: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
            for (&target, &source) in hop.targets.iter().zip(&hop.sources) {
                drawn.entry(target).or_default().push(source);
            }
            for (target, sources) in drawn {
                assert!(expanded.insert((hop.side, target)), "a node is expanded once");
                let distinct = sources.iter().collect::<BTreeSet<_>>().len();
                let degree = match hop.side {
                    Side::Users => graph.user_degree(users[target as usize]),
                    Side::Streamers => graph.streamer_degree(streamers[target as usize]),
                };
                match replace {
                    true => assert_eq!(sources.len(), fan_out),
                    false => assert_eq!((sources.len(), distinct), (degree.min(fan_out), sources.len())),
                }
                for source in sources {
                    let (user, streamer) = match hop.side {
                        Side::Users => (users[target as usize], streamers[source as usize]),
                        Side::Streamers => (users[source as usize], streamers[target as usize]),
                    };
                    assert!(graph.edge(user, streamer).is_some());
                }
            }
        }
    }
}

#[test]
fn the_seed_decides_whatever_the_threads() {
    let graph = graph();
    let tables = NeighbourTables::swing_only(&graph).unwrap();
    let all: Vec<u32> = (0..20_000).map(|i| i % graph.user_slots()).collect();
    let draw = |seed| {
        let sampler = NeighbourSampler::weighted(&graph);
        let sample = sampler.sample(Side::Users, &all, &options(&[4, 9, 4], true, false, seed));
        let walked =
            walks(&graph, &tables, Side::Users, &all, &[Step::Gift, Step::Swing, Step::Gift], true, seed);
        let negatives = Negatives::new(&graph, Side::Streamers, Popularity::Degree).sample(&all, 2, seed);
        (sample, walked, negatives)
    };
    let one = pool(1, || draw(3));
    assert!(one == pool(6, || draw(3)));
    assert!(one != draw(4));
}

#[test]
fn draws_are_as_likely_as_they_should_be() {
    // One user, ten streamers; the weight of streamer s is s + 1 before the logarithm.
    let events: Vec<_> =
        (0..10u8).map(|s| (0, s, 1, (u16::from(s) + 1) * 40, (AS_OF / 1_000_000) as u32)).collect();
    let graph = built(&events, &GraphConfig::default());
    let sampler = NeighbourSampler::weighted(&graph);
    let user = graph.user("user-0").unwrap();
    let weights: Vec<f64> =
        graph.neighbours(kairos_graph::Node::User(user)).map(|(_, weight)| f64::from(weight)).collect();
    let draws = 20_000;
    for weighted in [false, true] {
        let mut first = [0f64; 10];
        let mut any = [0f64; 10];
        for seed in 0..draws {
            let sample = sampler.sample(Side::Users, &[user], &options(&[1], weighted, false, seed));
            first[sample.streamers[0] as usize] += 1.0;
            let sample = sampler.sample(Side::Users, &[user], &options(&[3], weighted, false, seed));
            sample.streamers.iter().for_each(|&streamer| any[streamer as usize] += 1.0);
        }
        let total: f64 = weights.iter().sum();
        for streamer in 0..10 {
            let expected = if weighted { weights[streamer] / total } else { 0.1 };
            let found = first[streamer] / draws as f64;
            assert!((found - expected).abs() < 0.01, "{weighted} {streamer}: {found} instead of {expected}");
        }
        // Being among the first three of successive draws, by enumeration.
        let p = |streamer: usize| if weighted { weights[streamer] / total } else { 0.1 };
        for (streamer, found) in any.iter().enumerate() {
            let mut expected = p(streamer);
            for a in (0..10).filter(|&a| a != streamer) {
                expected += p(a) * p(streamer) / (1.0 - p(a));
                for b in (0..10).filter(|&b| b != streamer && b != a) {
                    expected += p(a) * p(b) / (1.0 - p(a)) * p(streamer) / (1.0 - p(a) - p(b));
                }
            }
            let found = found / draws as f64;
            assert!((found - expected).abs() < 0.015, "{weighted} {streamer}: {found} instead of {expected}");
        }
    }
}

#[test]
fn one_heavy_edge_does_not_hide_the_others() {
    let mut events: Vec<_> = (0..200u8).map(|s| (0, s, 1, 0, 1)).collect();
    events.push((0, 7, 1, 900, 1_000_000));
    let graph = built(&events, &GraphConfig { half_life_hours: 1.0, ..GraphConfig::default() });
    let sampler = NeighbourSampler::weighted(&graph);
    let user = graph.user("user-0").unwrap();
    let sample = sampler.sample(Side::Users, &[user], &options(&[20], true, false, 1));
    assert_eq!(sample.streamers.len(), 20);
    assert!(sample.streamers.contains(&graph.streamer("7").unwrap()));
}

#[test]
fn walks_follow_their_metapath() {
    let graph = graph();
    let tables = NeighbourTables::build(&graph).unwrap();
    let starts: Vec<u32> = (0..300).collect();
    let steps = [Step::Gift, Step::Swing, Step::Gift, Step::Gift];
    let walked = walks(&graph, &tables, Side::Users, &starts, &steps, true, 5);
    let sides = [Side::Users, Side::Streamers, Side::Streamers, Side::Users, Side::Streamers].map(Some);
    assert_eq!(walked.sides, sides);
    let mut whole = 0;
    for walk in walked.iter() {
        let [Some(user), Some(a), Some(b), Some(v), Some(c)] = walk else { continue };
        whole += 1;
        assert!(
            graph.edge(*user, *a).is_some() && graph.edge(*v, *b).is_some() && graph.edge(*v, *c).is_some()
        );
        assert!(tables.swing(*a).iter().any(|other| other.node == *b));
    }
    assert!(whole > 200, "{whole}");
    let nowhere = walks(&graph, &tables, Side::Users, &starts[..1], &[Step::Swing, Step::Gift], false, 5);
    assert_eq!(
        (nowhere.sides, nowhere.nodes),
        (vec![Some(Side::Users), None, None], vec![Some(0), None, None])
    );
}

#[test]
fn negatives_are_no_edges_and_popular_as_asked() {
    let graph = graph();
    let users: Vec<u32> = (0..graph.user_slots()).collect();
    let mut shares = Vec::new();
    for popularity in [Popularity::Uniform, Popularity::Degree] {
        let rows = Negatives::new(&graph, Side::Streamers, popularity).sample(&users, 40, 11);
        let mut degrees = 0.0;
        for (user, row) in users.iter().zip(&rows) {
            assert_eq!(row.len(), 40);
            assert!(row.iter().all(|&streamer| graph.edge(*user, streamer).is_none()));
            degrees += row.iter().map(|&streamer| graph.streamer_degree(streamer) as f64).sum::<f64>();
        }
        shares.push(degrees);
    }
    assert!(shares[1] > 1.1 * shares[0], "by degree, popular ones come oftener: {shares:?}");
    let full = built(&[(0, 0, 1, 8, 1), (0, 1, 1, 8, 1)], &GraphConfig::default());
    assert_eq!(
        Negatives::new(&full, Side::Streamers, Popularity::Uniform).sample(&[0], 3, 1),
        [Vec::<u32>::new()]
    );
}
