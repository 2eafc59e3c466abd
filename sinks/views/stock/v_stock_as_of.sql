SELECT *
FROM mart.v_stock_as_of_clocks(as_of = {as_of:String}, known_at = {known_at:String}, known_version = 18446744073709551615)
