//! Encoded units in the model's type: encoders and models don't know one another.

use kairos_highlight::UnitFeatures;

/// The same vectors.
pub fn features(encoded: kairos_encoders::UnitFeatures) -> UnitFeatures {
    let kairos_encoders::UnitFeatures { picture, sound, speech, comment, gift } = encoded;
    UnitFeatures { picture, sound, speech, comment, gift }
}
