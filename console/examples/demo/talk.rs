//! What people call rooms, say and write in them.

pub const ROOMS: [(&str, &str); 24] = [
    ("mia-bakes", "Sourdough at midnight"),
    ("north-pier", "Storm watch from the north pier"),
    ("kuro-plays", "Ranked until diamond"),
    ("asmr-loft", "Rain on the loft window"),
    ("fenix-arena", "Arena finals, day two"),
    ("lena-paints", "Oil portrait, third sitting"),
    ("dj-oktavia", "Vinyl only, no requests"),
    ("night-market", "Walking the night market"),
    ("chess-cellar", "Blitz with viewers"),
    ("garage-42", "Rebuilding a 1971 engine"),
    ("ines-late", "Late talk with Ines"),
    ("sim-rally", "Rally stage seven, gravel"),
    ("tiny-kitchen", "Five dishes, one pan"),
    ("deep-dive", "Reef dive, live from the boat"),
    ("code-attic", "Writing a parser from scratch"),
    ("greta-sings", "Songs you wrote in chat"),
    ("roofline", "Free running over the old town"),
    ("potters-wheel", "Throwing forty bowls"),
    ("bird-feeder", "The feeder, all day"),
    ("duo-queue", "Duo queue with strangers"),
    ("faruk-quiz", "Quiz night, round nine"),
    ("yarn-club", "Knitting the long scarf"),
    ("stage-left", "Improv rehearsal"),
    ("slow-train", "Slow train through the fjords"),
];

pub const COMMENTS: [&str; 28] = [
    "hello from Lisbon",
    "is this live?",
    "what song is this",
    "good evening all",
    "first time here",
    "❤️❤️",
    "can you show it closer",
    "sound is great today",
    "brb",
    "how long have you been doing this",
    "same",
    "greetings from the night shift",
    "I tried this at home",
    "nice",
    "+1",
    "what happened?",
    "love this part",
    "you are too kind",
    "next one please",
    "who won the last round",
    "tea break",
    "boa noite",
    "salut",
    "konbanwa",
    "that colour",
    "keep going",
    "respect",
    "haha yes",
];

pub const CHEERS: [&str; 14] = [
    "WOW",
    "no way!!!",
    "clip it",
    "CLIP THAT",
    "that was insane",
    "🔥🔥🔥",
    "how??",
    "I can't believe it",
    "again!",
    "best moment of the night",
    "goosebumps",
    "LETS GO",
    "unreal",
    "what a comeback",
];

pub const SPEECH: [&str; 12] = [
    "so this is where it gets interesting",
    "give me one second and watch closely",
    "thank you so much for the rose",
    "we have never done this before",
    "alright who is ready for the next one",
    "I think the oven is hot enough now",
    "look at that look at that",
    "somebody in chat asked about the engine",
    "three two one here we go",
    "oh no no no wait",
    "that is exactly what I was hoping for",
    "let me read what you wrote",
];

pub const REASONS: [&str; 6] = [
    "gave three roses in the last ten minutes",
    "viewers alike gave to this streamer yesterday",
    "wrote five comments since the last highlight",
    "gives to two streamers of the same circle",
    "stayed twice as long as usual",
    "gave after each of the last two highlights",
];

pub const PEOPLE: [&str; 16] = [
    "lumen",
    "pixelotter",
    "marisol",
    "j_ward",
    "ondine",
    "kestrel",
    "bao",
    "tofuking",
    "vera",
    "nightowl",
    "sunny_d",
    "ragnar",
    "elio",
    "quietfox",
    "mango",
    "sasha",
];

pub const GIFTS: [(&str, f64); 5] =
    [("rose", 0.01), ("heart", 0.1), ("crown", 1.0), ("rocket", 5.0), ("lion", 25.0)];

/// A number that looks random and is the same each time (SplitMix64).
pub fn noise(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Between 0 and 1.
pub fn chance(seed: u64) -> f64 {
    (noise(seed) >> 11) as f64 / (1_u64 << 53) as f64
}

/// One of a few.
pub fn pick<T: Copy>(of: &[T], seed: u64) -> T {
    of[(noise(seed) % of.len() as u64) as usize]
}
