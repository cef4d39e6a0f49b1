//! Packet counters of MPEG transport streams that go on from one segment to the next.
//!
//! Each segment is written by a muxer of its own, whose counters start anew. A player that is given segments in a row
//! would take that for lost packets; a counter that goes on tells it the truth, also where a segment is missing.

use std::collections::BTreeMap;

const PACKET: usize = 188;
const SYNC: u8 = 0x47;

/// Last counter per packet identifier.
#[derive(Debug, Default)]
pub(crate) struct Continuity(BTreeMap<u16, u8>);

impl Continuity {
    /// Renumbers the packets of the next segment.
    pub(crate) fn apply(&mut self, bytes: &mut [u8]) {
        let mut shifts: BTreeMap<u16, u8> = BTreeMap::new();
        for packet in bytes.chunks_exact_mut(PACKET) {
            let &mut [SYNC, high, low, ref mut flags, ..] = packet else { continue };
            let pid = u16::from(high & 0x1f) << 8 | u16::from(low);
            let counter = *flags & 0x0f;
            let has_payload = *flags & 0x10 != 0;
            let shift = *shifts.entry(pid).or_insert_with(|| {
                let expected = self.0.get(&pid).map(|last| last.wrapping_add(u8::from(has_payload)));
                expected.map_or(0, |expected| expected.wrapping_sub(counter))
            });
            let counter = counter.wrapping_add(shift) & 0x0f;
            *flags = *flags & 0xf0 | counter;
            self.0.insert(pid, counter);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(pid: u16, flags: u8, counter: u8) -> Vec<u8> {
        let mut packet = vec![0xff; PACKET];
        packet[..4].copy_from_slice(&[SYNC, (pid >> 8) as u8, pid as u8, flags | counter]);
        packet
    }

    fn counters(bytes: &[u8]) -> Vec<u8> {
        bytes.chunks(PACKET).map(|packet| packet[3] & 0x0f).collect()
    }

    #[test]
    fn counters_go_on_from_segment_to_segment() {
        let mut continuity = Continuity::default();
        let mut first: Vec<u8> = (0..18).flat_map(|i| packet(65, 0x10, i % 16)).collect();
        let mut second =
            [packet(0, 0x10, 0), packet(65, 0x10, 0), packet(65, 0x20, 0), packet(65, 0x10, 1)].concat();
        continuity.apply(&mut first);
        continuity.apply(&mut second);
        assert_eq!(counters(&first).last(), Some(&1));
        assert_eq!(counters(&second), [0, 2, 2, 3]);
    }

    #[test]
    fn bytes_that_are_no_packets_stay_as_they_are() {
        let mut bytes = vec![0x11; 400];
        Continuity::default().apply(&mut bytes);
        assert_eq!(bytes, vec![0x11; 400]);
    }
}
