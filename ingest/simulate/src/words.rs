//! What viewers type: reactions by kind of moment, small talk and greetings, in several languages.

use crate::moment::Kind;

/// Language that a room's streamer speaks and most of its viewers write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    En,
    De,
    Es,
    Pt,
    Fr,
}

impl Language {
    pub(crate) const ALL: [Self; 5] = [Self::En, Self::De, Self::Es, Self::Pt, Self::Fr];

    /// BCP 47 tag.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
            Self::Es => "es",
            Self::Pt => "pt",
            Self::Fr => "fr",
        }
    }
}

/// Reactions that every language shares: emotes, laughter, numbers.
pub(crate) const fn emotes(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Goal => &[
            "GOOOAL",
            "PogChamp",
            "⚽⚽⚽",
            "POGGERS",
            "🔥🔥🔥",
            "WWWW",
            "ナイスー",
            "666666",
            "EZ",
            "LETSGO",
        ],
        Kind::Takedown => {
            &["Pog", "EZ Clap", "💀💀", "monkaW", "GG", "?????", "WTF", "666", "やばい", "CLEAN"]
        }
        Kind::Joke => {
            &["LUL", "KEKW", "LMAO", "😂😂😂", "OMEGALUL", "哈哈哈哈", "草", "wwwww", "kkkkkk", "jajajaja"]
        }
        Kind::GiftRain => {
            &["🎁🎁🎁", "💎💎", "HYPE", "bleedPurple", "❤️❤️❤️", "谢谢老板", "PogU", "GIFTS", "🚀🚀"]
        }
        Kind::CloseCall => {
            &["monkaS", "NOOO", "😱😱", "PepeHands", "omg omg", "monkaGIGA", "危ない", "HOW", "!!!!!"]
        }
    }
}

/// Reactions in words.
pub(crate) const fn reactions(kind: Kind, language: Language) -> &'static [&'static str] {
    match (kind, language) {
        (Kind::Goal, Language::En) => &[
            "what a goal",
            "unreal finish",
            "LETS GOOO",
            "he did it",
            "top corner!!",
            "clip that",
            "insane shot",
        ],
        (Kind::Goal, Language::De) => {
            &["TOOOR", "was für ein Tor", "wahnsinn", "rein damit", "stark gemacht", "krass"]
        }
        (Kind::Goal, Language::Es) => {
            &["GOLAZO", "qué golazo", "vamosss", "increíble", "la clavó", "no puede ser"]
        }
        (Kind::Goal, Language::Pt) => &["GOLAÇO", "que golaço", "vamosss", "que isso", "absurdo", "é gol"],
        (Kind::Goal, Language::Fr) => {
            &["BUUUT", "quel but", "incroyable", "allez allez", "magnifique", "en lucarne"]
        }
        (Kind::Takedown, Language::En) => &[
            "deleted him",
            "headshot!!",
            "clean kill",
            "he is gone",
            "ace incoming",
            "nice shot",
            "destroyed",
        ],
        (Kind::Takedown, Language::De) => {
            &["weggehauen", "sauber getroffen", "der ist weg", "nice", "rasiert", "stark"]
        }
        (Kind::Takedown, Language::Es) => {
            &["lo borró", "qué tiro", "a la cabeza", "se fue", "tremendo", "limpio"]
        }
        (Kind::Takedown, Language::Pt) => &["amassou", "que tiro", "na cabeça", "já era", "brabo", "limpou"],
        (Kind::Takedown, Language::Fr) => {
            &["propre", "quel tir", "il est mort", "en pleine tête", "trop fort", "bim"]
        }
        (Kind::Joke, Language::En) => &[
            "im dying",
            "stop it lol",
            "that got me",
            "haha what",
            "clip it lmao",
            "he really said that",
            "crying",
        ],
        (Kind::Joke, Language::De) => {
            &["ich kann nicht mehr", "hahaha", "zu gut", "was redet der", "ich lieg am boden"]
        }
        (Kind::Joke, Language::Es) => {
            &["me muero", "jajaja no", "qué risa", "buenísimo", "qué dice", "lloro"]
        }
        (Kind::Joke, Language::Pt) => &["morri", "kkkkk para", "rindo alto", "ele falou isso", "muito bom"],
        (Kind::Joke, Language::Fr) => {
            &["mdrrr", "je suis mort", "ptdr", "trop drôle", "il a osé", "je pleure"]
        }
        (Kind::GiftRain, Language::En) => &[
            "gift train",
            "thank you for the sub",
            "so generous",
            "hype train!!",
            "keep them coming",
            "big money",
        ],
        (Kind::GiftRain, Language::De) => {
            &["danke für den sub", "so großzügig", "hype train", "ehre", "was geht ab"]
        }
        (Kind::GiftRain, Language::Es) => {
            &["gracias por el regalo", "qué generoso", "lluvia de subs", "grande", "vamos"]
        }
        (Kind::GiftRain, Language::Pt) => {
            &["obrigado pelo sub", "que generoso", "chuva de presente", "brabo demais"]
        }
        (Kind::GiftRain, Language::Fr) => {
            &["merci pour le sub", "trop généreux", "pluie de cadeaux", "merci merci"]
        }
        (Kind::CloseCall, Language::En) => {
            &["so close", "how is he alive", "one hp", "my heart", "no way", "cant watch", "that was close"]
        }
        (Kind::CloseCall, Language::De) => {
            &["so knapp", "wie lebt der noch", "mein herz", "oh nein", "das war eng"]
        }
        (Kind::CloseCall, Language::Es) => {
            &["por poco", "cómo sigue vivo", "mi corazón", "no no no", "casi casi"]
        }
        (Kind::CloseCall, Language::Pt) => {
            &["quase", "como tá vivo", "meu coração", "não não não", "por pouco"]
        }
        (Kind::CloseCall, Language::Fr) => {
            &["c'était juste", "il est vivant", "mon coeur", "non non non", "de peu"]
        }
    }
}

/// Small talk that has nothing to do with what happens.
pub(crate) const fn small_talk(language: Language) -> &'static [&'static str] {
    match language {
        Language::En => &[
            "hi chat",
            "first time here",
            "what song is this",
            "how long is he live",
            "which settings",
            "good evening",
            "is this ranked",
            "what happened",
            "lag?",
            "volume up please",
            "what are you eating",
            "followed",
            "anyone from canada",
            "when is the next stream",
            "brb",
            "nice hat",
            "who is winning",
        ],
        Language::De => &[
            "moin",
            "hallo zusammen",
            "welches lied ist das",
            "wie lange noch",
            "guten abend",
            "lag?",
            "bin wieder da",
            "was ist passiert",
            "ton lauter bitte",
            "wann ist der nächste stream",
            "schöne mütze",
            "wer führt",
        ],
        Language::Es => &[
            "hola",
            "buenas",
            "qué canción es",
            "cuánto queda",
            "saludos desde chile",
            "lag?",
            "ya volví",
            "qué pasó",
            "sube el volumen",
            "cuándo es el próximo",
            "quién va ganando",
            "bonito gorro",
        ],
        Language::Pt => &[
            "oi",
            "boa noite",
            "que música é essa",
            "falta muito",
            "salve",
            "lag?",
            "voltei",
            "o que aconteceu",
            "aumenta o som",
            "quando é a próxima",
            "quem tá ganhando",
            "belo boné",
        ],
        Language::Fr => &[
            "salut",
            "bonsoir",
            "c'est quoi la musique",
            "encore longtemps",
            "coucou de lyon",
            "lag ?",
            "re",
            "il se passe quoi",
            "monte le son",
            "c'est quand le prochain",
            "qui gagne",
            "jolie casquette",
        ],
    }
}

/// Greetings of a raid: many messages at once that are about nothing on screen.
pub(crate) const RAID: &[&str] = &[
    "RAID",
    "raid hello",
    "we are here",
    "<3 raid <3",
    "TombRaid TombRaid",
    "hi from the other stream",
    "raid hype",
];
