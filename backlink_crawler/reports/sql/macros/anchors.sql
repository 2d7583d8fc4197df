-- What kind of anchor a link has. Each rule is a judgement; the first that holds decides.

-- A text as words: lower case, one blank between them, nothing else.
CREATE MACRO words(said) AS trim(regexp_replace(lower(said), '[^\p{L}\p{N}]+', ' ', 'g'));

-- Terms as one pattern, each as it is written and run together: "garden tools", "gardentools".
CREATE MACRO any_of(terms) AS array_to_string(
    list_distinct(flatten(list_transform(terms, lambda term: [words(term), replace(words(term), ' ', '')]))), '|'
);

-- Words that say nothing of the target, in the languages that most links are written in.
CREATE MACRO says_nothing(words) AS words IN (
    'here', 'click', 'click here', 'read more', 'more', 'more info', 'more information', 'learn more', 'find out more',
    'see more', 'view more', 'details', 'continue reading', 'link', 'this link', 'url', 'web', 'website', 'web site',
    'site', 'this site', 'this website', 'this page', 'page', 'homepage', 'home page', 'home', 'visit', 'visit site',
    'visit website', 'visit us', 'go', 'go here', 'source', 'via', 'article', 'this article', 'post', 'this post',
    'hier', 'hier klicken', 'klick hier', 'mehr', 'mehr lesen', 'mehr erfahren', 'mehr infos', 'weiterlesen', 'weiter',
    'quelle', 'zur website', 'zur seite', 'webseite',
    'ici', 'cliquez ici', 'en savoir plus', 'lire la suite', 'plus', 'site web', 'le site', 'voir',
    'aquí', 'aqui', 'haz clic aquí', 'leer más', 'ver más', 'más', 'más información', 'fuente', 'sitio web', 'enlace',
    'clique aqui', 'saiba mais', 'leia mais', 'mais', 'fonte',
    'qui', 'clicca qui', 'leggi tutto', 'scopri di più', 'continua', 'sito', 'sito web',
    'klik hier', 'lees meer', 'meer', 'tutaj', 'czytaj więcej', 'więcej', 'źródło', 'zde', 'více', 'här', 'läs mer',
    'her', 'læs mere', 'les mer', 'tästä', 'lue lisää', 'buraya', 'devamı', 'devamını oku',
    'здесь', 'тут', 'подробнее', 'далее', 'читать далее', 'источник', 'сайт', 'тут сайт',
    '这里', '點擊這裡', '点击这里', '更多', '阅读更多', 'こちら', '続きを読む', '詳細', '여기', '더 보기'
);

-- Whether one of the terms stands among the words, as whole words.
CREATE MACRO has_any(words, terms) AS
    len(terms) > 0 AND regexp_matches(' ' || words || ' ', ' (' || any_of(terms) || ') ');

CREATE MACRO is_any(words, terms) AS len(terms) > 0 AND regexp_full_match(words, any_of(terms));

-- The last argument is words(anchor), made once by whoever asks.
CREATE MACRO anchor_type(anchor, link_type, said) AS CASE
    -- What a reader cannot click on has no anchor.
    WHEN link_type IN ('frame', 'canonical', 'alternate', 'redirect') THEN 'none'
    -- Nothing to read: an image without a text of its own, or no text at all ("»").
    WHEN said = '' THEN if(link_type = 'image', 'image', 'empty')
    WHEN regexp_full_match(
        lower(trim(anchor)),
        '(https?://|www\.)\S+|[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)*\.(\p{L}{2,}|xn--[a-z0-9-]+)(/\S*)?'
    ) THEN 'url'
    WHEN is_any(said, getvariable('commercial')) THEN 'exact'
    WHEN has_any(said, getvariable('brands')) THEN 'branded'
    WHEN has_any(said, getvariable('commercial')) THEN 'partial'
    WHEN says_nothing(said) THEN 'generic'
    ELSE 'other'
END;
