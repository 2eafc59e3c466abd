SELECT *
FROM mart.v_stock_as_of_clocks(as_of = {as_of:String}, known_at = 'now', known_version = {known_version:UInt64})
