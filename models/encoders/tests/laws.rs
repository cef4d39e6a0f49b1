//! Laws on arbitrary input: nothing panics, everything is finite, widths never change.

use kairos_encoders::{ActivityMeter, CommentView, EncoderSet, GiftView, Modality, PictureView, UnitInput};
use proptest::prelude::*;

fn check(set: &mut EncoderSet, unit: &UnitInput<'_>) {
    let encoded = set.encode(unit);
    for modality in Modality::ALL {
        if let Some(vector) = encoded.features.of(modality) {
            assert_eq!(vector.len(), set.widths().of(modality));
            let strange = vector.iter().position(|x| !x.is_finite() || x.abs() > 20.0);
            assert_eq!(strange, None, "{modality:?}: {vector:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_text_is_encoded(
        texts in prop::collection::vec((any::<i64>(), ".{0,8}", any::<String>()), 0..8),
        chat in prop::collection::vec("[a-zA-Z!?:@\\[\\]haк哈ㅋ😂'0-9 ]{0,40}", 0..8),
        speech in any::<String>(),
        duration_us in any::<i64>(),
        start_us in any::<i64>(),
    ) {
        let mut comments: Vec<CommentView<'_>> =
            texts.iter().map(|(offset_us, user, text)| CommentView { offset_us: *offset_us, user, text }).collect();
        comments.extend(chat.iter().map(|text| CommentView { offset_us: 5, user: "u", text }));
        let unit = UnitInput { start_us, duration_us, comments: Some(&comments), speech: Some(&speech), ..UnitInput::default() };
        let mut set = EncoderSet::built_in();
        check(&mut set, &unit);
        check(&mut set, &unit);
        prop_assert!(ActivityMeter::new(start_us).measure(&unit).is_ok());
    }

    #[test]
    fn any_sound_picture_and_gift_is_encoded(
        sound in prop::collection::vec(any::<f32>(), 0..2_000),
        pictures in prop::collection::vec((any::<i64>(), 0_u32..12, 0_u32..12, prop::collection::vec(any::<u8>(), 0..500)), 0..4),
        whole in any::<bool>(),
        gifts in prop::collection::vec((any::<i64>(), any::<f64>(), any::<u32>()), 0..5),
        duration_us in -10_i64..60_000_000,
        start_us in any::<i64>(),
    ) {
        let mut pictures = pictures;
        if whole {
            pictures.iter_mut().for_each(|(_, width, height, rgb)| {
                (*width, *height) = (*width + 1, *height + 1);
                rgb.resize((*width * *height * 3) as usize, 7);
            });
        }
        let views: Vec<PictureView<'_>> = pictures
            .iter()
            .map(|&(at_us, width, height, ref rgb)| PictureView { at_us, width, height, rgb })
            .collect();
        let gifts: Vec<GiftView<'_>> =
            gifts.iter().map(|&(offset_us, value, count)| GiftView { offset_us, user: "g", value, count }).collect();
        let unit = UnitInput { start_us, duration_us, pictures: &views, sound: &sound, gifts: Some(&gifts), ..UnitInput::default() };
        let mut set = EncoderSet::built_in();
        check(&mut set, &unit);
        check(&mut set, &unit);
        let activity = ActivityMeter::new(500_000).measure(&unit);
        prop_assert_eq!(activity.is_ok(), views.iter().all(|view| view.check().is_ok()));
        let curves = activity.ok().map(|a| [a.sound, a.picture].into_iter().flatten().flatten().collect::<Vec<f32>>());
        prop_assert!(curves.unwrap_or_default().iter().all(|x| x.is_finite()));
    }
}
