-- One order after the other. BENCH_TOKEN is sent with every one; or each line of BENCH_TOKENS once, from BENCH_FIRST on,
-- with BENCH_TAIL in place of its last characters.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Origin"] = "https://shop.example"
wrk.headers["Authorization"] = "Bearer " .. (os.getenv("BENCH_TOKEN") or "@")
wrk.body = os.getenv("BENCH_BODY")

local file = os.getenv("BENCH_TOKENS")
if file then
  local tokens, head, tail = {}, "", ""
  local nth = tonumber(os.getenv("BENCH_FIRST"))
  init = function()
    local forged = os.getenv("BENCH_TAIL") or ""
    for token in io.lines(file) do
      tokens[#tokens + 1] = token:sub(1, #token - #forged) .. forged
    end
    local sample = wrk.format()
    local at = sample:find("Bearer @", 1, true)
    head, tail = sample:sub(1, at + 6), sample:sub(at + 8)
  end
  request = function()
    nth = nth + 1
    return head .. tokens[nth % #tokens + 1] .. tail
  end
end

done = function(summary)
  local errors = summary.errors
  local lost = errors.connect + errors.read + errors.write + errors.timeout
  io.stderr:write(string.format("%d %d %d %d\n", summary.requests, summary.duration, errors.status, lost))
end
