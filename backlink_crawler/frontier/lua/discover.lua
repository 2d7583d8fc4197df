-- Make URLs known. ARGV[3]: msgpack offers (see admit.lua); ARGV[4]: pages of MAX_PAGES granted to this shard, ARGV[5]
-- the grant's name, ARGV[6] to whom; ARGV[7]: 1 where what is refused will not be offered again.
-- Answers [new, known, over budget, refused, left]: refused for want of granted pages, and granted pages that are left.

admit_all(cmsgpack.unpack(ARGV[3]), pages_left(tonumber(ARGV[4]), ARGV[5], ARGV[6]))
if refused == 0 or ARGV[7] == '1' then
  count('over_budget', over + refused)
end
save()
return answer({new, known, over, refused, totals.reserve})
