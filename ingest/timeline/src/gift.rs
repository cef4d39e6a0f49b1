//! A paid item: gift, super chat, subscription or the like.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{RoomId, WallTime};

/// What was bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum GiftKind {
    /// A gift from the platform's catalogue, bits and the like.
    Gift,
    /// A comment that was paid for (super chat, super sticker).
    SuperChat,
    /// A membership, guard or subscription, bought for oneself.
    Membership,
    /// A subscription given to others.
    SubscriptionGift,
}

impl GiftKind {
    /// As it stands in tables and topics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gift => "gift",
            Self::SuperChat => "super_chat",
            Self::Membership => "membership",
            Self::SubscriptionGift => "subscription_gift",
        }
    }
}

/// An amount in the currency in which it was paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Total of the item (price times count), exact.
    pub amount: Decimal,
    /// ISO 4217 code, or a platform's coin in lower case where no rate to money is known.
    pub currency: String,
}

/// One paid item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gift {
    /// The room.
    pub room: RoomId,
    /// The platform's id, or one made from the content where there is none. Items seen twice share it.
    pub id: String,
    /// Who paid.
    pub user: String,
    /// Platform wall time.
    pub sent_at: WallTime,
    /// What was bought.
    pub kind: GiftKind,
    /// The platform's name for it.
    pub name: String,
    /// How many.
    pub count: u32,
    /// What it cost in all; `None` when free or when the source does not say.
    pub money: Option<Money>,
    /// `money` in United States dollars by the configured rates, so that rooms compare; 0 when free.
    pub value: f64,
    /// The message that came with it.
    pub text: String,
    /// Fields of the source that have no place here, kept as they came.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}
