//! What streamers say: lines for each kind of moment and chatter for the rest.

use crate::moment::Kind;
use crate::words::Language;

/// Lines for a moment.
pub(crate) const fn of_moment(kind: Kind, language: Language) -> &'static [&'static str] {
    match (kind, language) {
        (Kind::Goal, Language::En) => &["Goal! What a goal!", "Oh my word, he scores! Unbelievable!"],
        (Kind::Goal, Language::De) => &["Tor! Was für ein Tor!", "Er macht ihn rein! Unglaublich!"],
        (Kind::Goal, Language::Es) => &["Gol! Qué golazo!", "No lo puedo creer, golazo!"],
        (Kind::Goal, Language::Pt) => &["Gol! Que golaço!", "Não acredito, é gol!"],
        (Kind::Goal, Language::Fr) => &["But! Quel but magnifique!", "Il marque! Incroyable!"],
        (Kind::Takedown, Language::En) => &["Got him! Clean shot!", "He is down! One left!"],
        (Kind::Takedown, Language::De) => &["Erwischt! Sauber!", "Der ist unten! Noch einer!"],
        (Kind::Takedown, Language::Es) => &["Lo tengo! Qué disparo!", "Cayó! Queda uno!"],
        (Kind::Takedown, Language::Pt) => &["Peguei! Que tiro!", "Caiu! Falta um!"],
        (Kind::Takedown, Language::Fr) => &["Je l'ai eu! Quel tir!", "Il est tombé! Encore un!"],
        (Kind::Joke, Language::En) => {
            &["Ha ha ha, I can't believe I said that!", "That was so bad, stop laughing!"]
        }
        (Kind::Joke, Language::De) => {
            &["Ha ha ha, das habe ich nicht gesagt!", "Der war so schlecht, hört auf zu lachen!"]
        }
        (Kind::Joke, Language::Es) => &["Ja ja ja, no puedo creer que dije eso!", "Qué malo, dejen de reír!"],
        (Kind::Joke, Language::Pt) => &["Ha ha ha, eu não disse isso!", "Foi muito ruim, parem de rir!"],
        (Kind::Joke, Language::Fr) => &["Ha ha ha, je n'ai pas dit ça!", "C'était nul, arrêtez de rire!"],
        (Kind::GiftRain, Language::En) => {
            &["Thank you so much for the gifts!", "Wow, look at all these presents!"]
        }
        (Kind::GiftRain, Language::De) => &["Vielen Dank für die Geschenke!", "Wow, so viele Geschenke!"],
        (Kind::GiftRain, Language::Es) => &["Muchas gracias por los regalos!", "Cuántos regalos, increíble!"],
        (Kind::GiftRain, Language::Pt) => &["Muito obrigado pelos presentes!", "Quantos presentes, gente!"],
        (Kind::GiftRain, Language::Fr) => &["Merci beaucoup pour les cadeaux!", "Regardez tous ces cadeaux!"],
        (Kind::CloseCall, Language::En) => {
            &["No no no! That was so close!", "I have one life left, hold on!"]
        }
        (Kind::CloseCall, Language::De) => {
            &["Nein nein nein! Das war knapp!", "Nur noch ein Leben, festhalten!"]
        }
        (Kind::CloseCall, Language::Es) => &["No no no! Por poco!", "Me queda una vida, aguanten!"],
        (Kind::CloseCall, Language::Pt) => &["Não não não! Foi por pouco!", "Só tenho uma vida, segura!"],
        (Kind::CloseCall, Language::Fr) => &["Non non non! C'était juste!", "Il me reste une vie, attendez!"],
    }
}

/// Lines for the time between moments.
pub(crate) const fn chatter(language: Language) -> &'static [&'static str] {
    match language {
        Language::En => &[
            "Let me check the map for a second.",
            "So yesterday I went to the shop.",
            "I think we should try the other way.",
            "How is everybody doing today?",
            "Let me read what you are writing.",
            "I will be right back after this round.",
        ],
        Language::De => &[
            "Ich schaue kurz auf die Karte.",
            "Gestern war ich noch einkaufen.",
            "Wir versuchen es mal anders herum.",
            "Wie geht es euch heute?",
            "Ich lese mal, was ihr schreibt.",
        ],
        Language::Es => &[
            "Voy a mirar el mapa un segundo.",
            "Ayer fui a la tienda.",
            "Creo que vamos por el otro lado.",
            "Cómo están todos hoy?",
            "Voy a leer lo que escriben.",
        ],
        Language::Pt => &[
            "Vou olhar o mapa rapidinho.",
            "Ontem eu fui ao mercado.",
            "Acho que vamos pelo outro lado.",
            "Como vocês estão hoje?",
            "Vou ler o que vocês escreveram.",
        ],
        Language::Fr => &[
            "Je regarde la carte une seconde.",
            "Hier je suis allé au magasin.",
            "On va essayer de l'autre côté.",
            "Comment ça va aujourd'hui?",
            "Je lis ce que vous écrivez.",
        ],
    }
}
