//! Queries that the dual softmax holds against the words: what streams are full of. CAMoE takes the other queries of a batch; a single
//! search has none.

pub(super) const OTHERS: [&str; 8] = [
    "a person talking to the camera",
    "a video game on a screen",
    "a menu with text",
    "people in a room",
    "nothing is happening",
    "hello everyone",
    "that was funny",
    "what is going on",
];
