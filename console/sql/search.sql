-- Stretches of half a minute in which all the words were said or spoken, the richest first.
WITH
    arrayFilter(w -> w != '', splitByChar(' ', replaceRegexpAll(lowerUTF8({q:String}), '[^\\p{L}\\p{N}\\p{S}\\p{M}]+', ' '))) AS bare,
    -- A word is looked for at the start of words; one of a script without spaces anywhere.
    arrayMap(w -> if(match(w, '^[\\x00-\\x7f]+$'), concat(' ', w), w), bare) AS wanted,
    hits AS
    (
        SELECT room, stream, at_us, text, spoken, concat(' ', replaceRegexpAll(lowerUTF8(text), '[^\\p{L}\\p{N}\\p{S}\\p{M}]+', ' ')) AS plain
        FROM
        (
            SELECT room, stream, assumeNotNull(media_us) AS at_us, text, 0 AS spoken
            FROM comments
            WHERE media_us IS NOT NULL AND ({room:String} = '' OR room = {room:String})
                AND multiSearchAnyCaseInsensitiveUTF8(text, bare)
            UNION ALL
            SELECT room, stream, start_us, text, 1
            FROM words
            WHERE ({room:String} = '' OR room = {room:String}) AND multiSearchAnyCaseInsensitiveUTF8(text, bare)
        )
        WHERE arrayExists(w -> position(plain, w) > 0, wanted)
    )
SELECT
    m.room AS room,
    m.stream AS stream,
    s.title AS title,
    toUnixTimestamp64Micro(s.started_at) + m.from_us AS at_us,
    m.from_us AS from_us,
    m.to_us AS to_us,
    m.found AS found,
    m.words AS words,
    m.quotes AS quotes
FROM
(
    SELECT
        room,
        stream,
        intDiv(at_us, 30000000) AS stretch,
        min(at_us) AS from_us,
        max(at_us) AS to_us,
        count() AS found,
        sum(spoken) AS words,
        arrayStringConcat(groupArray(plain)) AS everything,
        arraySlice(arraySort(x -> (length(x), x), arrayDistinct(arrayFilter(x -> x != '', groupArray(200)(if(spoken = 1, '', text))))), 1, 3) AS quotes
    FROM hits
    GROUP BY room, stream, stretch
    HAVING arrayAll(w -> position(everything, w) > 0, wanted)
    ORDER BY found DESC, room, stream, stretch
    LIMIT {limit:UInt32}
) AS m
LEFT JOIN streams AS s ON m.room = s.room AND m.stream = s.stream
ORDER BY found DESC, room, stream, from_us
