"""The demonstration factory: it uses Gongxu as anybody would, through files, HTTP and Modbus."""
