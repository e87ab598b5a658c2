"""The words of the stage, in English and French."""

from __future__ import annotations

from companion.types import Language

STAGE_WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "stage_stage": "Voice and face",
        "stage_stage_controls": "Voice",
        "stage_button_talk": "Hold to talk",
        "stage_button_open": "Open mic",
        "stage_button_mute": "Mute mic",
        "stage_button_voice": "Read aloud",
        "stage_button_caption": "Captions",
        "stage_voice_idle": "Hold the button to talk, or write.",
        "stage_opening": "One moment…",
        "stage_listening_held": "I am listening. Let go when you have finished.",
        "stage_listening_open": "I am listening. Just talk.",
        "stage_ear_speech": "I hear you…",
        "stage_ear_understanding": "Let me see what you said…",
        "stage_voice_thinking": "I am thinking…",
        "stage_speaking": "Press Stop, or hold the button, to interrupt me.",
        "stage_speaking_only": "Press Stop to interrupt me.",
        "stage_speaking_open": "Talk to interrupt me.",
        "stage_muted": "Your microphone is muted.",
        "stage_misheard": "I did not catch that. Say it again, or write it.",
        "stage_short": "Hold the button down while you talk.",
        "stage_denied": "Your browser does not let this page use the microphone. Allow it beside "
        "the address, or write.",
        "stage_no_microphone": "No microphone was found. Plug one in, or write.",
        "stage_busy": "The microphone cannot be opened: another program may be using it.",
        "stage_unplugged": "The microphone is gone. Plug it in again, or write.",
        "stage_insecure": "Browsers lend the microphone only to https pages and to this computer's "
        "own. You can write.",
        "stage_voice_cut": "The voice is being connected…",
        "stage_no_line": "Voice is off: the package websockets is not installed here. You can "
        "write.",
        "stage_limits": "What I can hear and say",
        "stage_keys": "Keys: hold Space to talk, Esc to interrupt.",
        "no_ear": "I cannot hear here: no recogniser of speech is installed. You can write.",
        "no_mouth": "I cannot speak here: no voice is installed.",
        "ear_language": "I can hear only English with what is installed here. You can write.",
        "mouth_language": "No voice for your language is installed here.",
        "about_ear": "Your words are recognised by {name}.",
        "about_ear_moonshine": "Your words are recognised on this computer by Moonshine, a small "
        "network. It understands everyday English well; names, rare words and strong accents it "
        "gets wrong now and then: read what it understood. What you say is not kept as sound.",
        "about_ear_pocketsphinx": "Your words are recognised on this computer by PocketSphinx, a "
        "small program. It understands short English sentences of everyday talk, said clearly and "
        "close to the microphone. Names, rare words and other topics it often gets wrong: read "
        "what it understood. What you say is not kept as sound.",
        "a_voice": "the voice",
        "itself": "{name}",
        "heard": "Heard",
        "heard_value": "{time} after you fell silent, by {name}",
        "sound": "Voice",
        "sound_value": "first sound after {time}",
        "about_mouth": "I speak with {name}.",
        "about_mouth_espeak": "I speak with eSpeak NG, a small voice that sounds like a machine "
        "and runs on this computer.",
    },
    "fr": {
        "stage_stage": "Voix et visage",
        "stage_stage_controls": "Voix",
        "stage_button_talk": "Maintiens pour parler",
        "stage_button_open": "Micro ouvert",
        "stage_button_mute": "Couper le micro",
        "stage_button_voice": "À voix haute",
        "stage_button_caption": "Sous-titres",
        "stage_voice_idle": "Maintiens le bouton pour parler, ou écris.",
        "stage_opening": "Un instant…",
        "stage_listening_held": "Je t’écoute. Relâche quand tu as fini.",
        "stage_listening_open": "Je t’écoute. Parle simplement.",
        "stage_ear_speech": "Je t’entends…",
        "stage_ear_understanding": "Voyons ce que tu as dit…",
        "stage_voice_thinking": "Je réfléchis…",
        "stage_speaking": "Appuie sur Arrêter, ou maintiens le bouton, pour m’interrompre.",
        "stage_speaking_only": "Appuie sur Arrêter pour m’interrompre.",
        "stage_speaking_open": "Parle pour m’interrompre.",
        "stage_muted": "Ton micro est coupé.",
        "stage_misheard": "Je n’ai pas compris. Redis-le, ou écris-le.",
        "stage_short": "Maintiens le bouton pendant que tu parles.",
        "stage_denied": "Ton navigateur n’autorise pas cette page à utiliser le micro. Autorise-la "
        "à côté de l’adresse, ou écris.",
        "stage_no_microphone": "Aucun micro n’a été trouvé. Branche-en un, ou écris.",
        "stage_busy": "Le micro ne s’ouvre pas : un autre programme l’utilise peut-être.",
        "stage_unplugged": "Le micro n’est plus là. Rebranche-le, ou écris.",
        "stage_insecure": "Les navigateurs ne prêtent le micro qu’aux pages en https et à celles "
        "de cet ordinateur. Tu peux écrire.",
        "stage_voice_cut": "La voix se connecte…",
        "stage_no_line": "La voix est éteinte : le paquet websockets n’est pas installé ici. Tu "
        "peux écrire.",
        "stage_limits": "Ce que je sais entendre et dire",
        "stage_keys": "Touches : maintiens Espace pour parler, Échap pour interrompre.",
        "no_ear": "Je n’entends rien ici : aucune reconnaissance vocale n’est installée. Tu peux "
        "écrire.",
        "no_mouth": "Je ne peux pas parler ici : aucune voix n’est installée.",
        "ear_language": "Avec ce qui est installé ici, je ne comprends que l’anglais parlé. Tu "
        "peux écrire.",
        "mouth_language": "Aucune voix pour ta langue n’est installée ici.",
        "about_ear": "Tes paroles sont reconnues par {name}.",
        "about_ear_moonshine": "Tes paroles sont reconnues sur cet ordinateur par Moonshine, un "
        "petit réseau de neurones. Il comprend bien l’anglais de tous les jours ; noms, mots rares "
        "et accents marqués lui échappent parfois : relis ce qu’il a compris. Ta voix n’est pas "
        "enregistrée.",
        "about_ear_pocketsphinx": "Tes paroles sont reconnues sur cet ordinateur par PocketSphinx, "
        "un petit programme. Il comprend de courtes phrases de tous les jours, en anglais, dites "
        "nettement et près du micro. Il se trompe souvent sur les noms, les mots rares et d’autres "
        "sujets : lis ce qu’il a compris. Ce que tu dis n’est pas gardé sous forme de son.",
        "a_voice": "la voix",
        "itself": "{name}",
        "heard": "Entendu",
        "heard_value": "{time} après ton dernier mot, par {name}",
        "sound": "Voix",
        "sound_value": "premier son après {time}",
        "about_mouth": "Je parle avec {name}.",
        "about_mouth_espeak": "Je parle avec eSpeak NG, une petite voix qui sonne comme une "
        "machine et tourne sur cet ordinateur.",
    },
}
