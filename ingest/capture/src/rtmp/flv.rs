//! RTMP messages as FLV tags: what an RTMP connection carries is the body of an FLV file without its framing.

/// Type of a tag.
#[derive(Debug, Clone, Copy)]
pub(super) enum Tag {
    Audio = 8,
    Video = 9,
}

/// Signature, version 1, sound and pictures, length of the header, length of the tag before the first.
pub(super) const HEADER: [u8; 13] = [b'F', b'L', b'V', 1, 5, 0, 0, 0, 9, 0, 0, 0, 0];

/// Largest payload whose length a tag can state.
const LARGEST: usize = 0xff_ffff;

/// One tag; `None` for a payload that is empty or larger than a tag can state.
pub(super) fn tag(kind: Tag, millis: u32, payload: &[u8]) -> Option<Vec<u8>> {
    if payload.is_empty() || payload.len() > LARGEST {
        return None;
    }
    let [_, length @ ..] = u32::try_from(payload.len()).ok()?.to_be_bytes();
    let [extension, time @ ..] = millis.to_be_bytes();
    let mut tag = Vec::with_capacity(payload.len() + 15);
    tag.push(kind as u8);
    tag.extend_from_slice(&length);
    tag.extend_from_slice(&time);
    tag.push(extension);
    tag.extend_from_slice(&[0, 0, 0]);
    tag.extend_from_slice(payload);
    tag.extend_from_slice(&(u32::try_from(payload.len()).ok()? + 11).to_be_bytes());
    Some(tag)
}

/// Whether the payload of a video tag uses the later extension of the format, which names codecs by four letters.
pub(super) fn is_extended(payload: &[u8]) -> bool {
    payload.first().is_some_and(|first| first & 0x80 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_states_its_length_twice_and_its_time_in_two_parts() {
        let tag = tag(Tag::Video, 0x1234_5678, &[0x17, 1, 2]).unwrap();
        assert_eq!(tag[..11], [9, 0, 0, 3, 0x34, 0x56, 0x78, 0x12, 0, 0, 0]);
        assert_eq!(tag[11..], [0x17, 1, 2, 0, 0, 0, 14]);
    }

    #[test]
    fn what_no_tag_can_hold_is_left_out() {
        assert_eq!(tag(Tag::Audio, 0, &[]), None);
        assert_eq!(tag(Tag::Audio, 0, &vec![0; LARGEST + 1]), None);
    }
}
