-- Moments whose stored vectors are nearest to a vector by cosine, the nearest unit of every ten seconds. With other vectors beside it by CAMoE's dual softmax: what is as near to them counts less.
-- param vector Array(Float32) = []: what to look for, by the same encoder
-- param encoder String: digest of the encoder, as column `encoder` has it
-- param kind String: picture, comment or speech
-- param others Array(Array(Float32)) = []: vectors of other queries, for the dual softmax
-- param temperature Float64 0.000001..1000 = 0.01: how much nearer than the others counts, as a difference of cosines
-- param room String = : one room; empty for all
-- param limit UInt32 = 20: how many
SELECT
    room,
    stream,
    intDiv(media_us, 10000000) * 10 AS second,
    max(near) AS similarity,
    max(near * share * (1 + length(against))) AS score
FROM
(
    SELECT
        room,
        stream,
        media_us,
        1 - cosineDistance(vector, {vector:Array(Float32)}) AS near,
        arrayMap(other -> 1 - cosineDistance(vector, other), {others:Array(Array(Float32))}) AS against,
        -- A share of nothing else is the whole.
        1 / (1 + arraySum(other -> exp((other - near) / {temperature:Float64}), against)) AS share
    FROM unit_vectors
    WHERE encoder = {encoder:String} AND kind = {kind:String} AND ({room:String} = '' OR room = {room:String})
        AND length(vector) = length({vector:Array(Float32)})
)
WHERE isFinite(near)
GROUP BY room, stream, second
ORDER BY score DESC, room, stream, second
LIMIT {limit:UInt32}
