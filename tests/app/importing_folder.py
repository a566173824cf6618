"""A plant small enough to break on purpose, as a folder of files."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

NOW = datetime(2027, 3, 10, 4, 0, tzinfo=UTC)  # noon in Shanghai

FILES = {
    "sites.csv": "code,name,name_zh,zone\nGX,Plant,工厂,Asia/Shanghai\n",
    "lines.csv": "code,name,name_zh\nL1,Line 1,一线\n",
    "locations.csv": "code,name\nWH,Store\n",
    "shifts.csv": (
        "code,name,weekdays,start,end,breaks\n"
        "A,Early,1-5,06:00,14:00,10:00-10:30\n"
        "N,Night,1-7,22:00,06:00,00:00-00:10;02:00-02:30\n"
    ),
    "stations.csv": (
        "code,name,line,position,capacity,shifts,location,retired\n"
        "PR,Press,L1,1,1,A;N,WH,\n"
        "AS,Assembly,L1,2,2,A,,\n"
        "OLD,Old,L1,9,1,,,yes\n"
    ),
    "machines.csv": ("code,name,station\nM-PR,Press,PR\nM-AS,Screwdriver,AS\n"),
    "skills.csv": ("code,name\npress,Press\nweld,Weld\n"),
    "people.csv": (
        "code,name,name_zh,badge,lead,line,skills\nP1,Ann,安,B1,yes,L1,press;weld:2027-12-31\nP2,Bo,波,B2,no,L1,\n"
    ),
    "calendar.csv": "day,kind,name\n2027-05-01,holiday,May\n",
    "roster.csv": "person,day,shift,station,absent\nP1,+0d,A,PR,no\n",
    "reasons.csv": "code,kind,name,name_zh\nW1,scrap,Bent,变形\n",
    "items.csv": (
        "code,name,name_zh,unit,decimals,supply,serialised,lot_tracked\n"
        "TOP,Top,整机,pcs,0,make_to_order,yes,\n"
        "SUB,Sub,部件,pcs,0,make_to_order,,\n"
        "KIT,Kit,包,pcs,0,phantom,,\n"
        "STL,Steel,钢,kg,3,buy,,yes\n"
        "SCR,Screw,螺钉,pcs,0,buy,,\n"
    ),
    "units.csv": "item,unit,numerator\nSCR,box,500\n",
    "bom.csv": (
        "item,position,component,quantity,scrap_percent,valid_from,valid_to,operation\n"
        "TOP,10,SUB,1,,,,join\n"
        "TOP,20,KIT,1,,,,join\n"
        "SUB,10,STL,2.5,4,,+30d,press\n"
        "SUB,20,STL,2.4,4,+30d,,press\n"
        "KIT,10,SCR,4,,,,\n"
    ),
    "routings.csv": (
        "item,operation,position,name,piece_min,fixed_min,skill,batch_size,parameters\n"
        "TOP,join,10,Join,5,2,,,torque=6 Nm\n"
        "TOP,test,20,Test,3,,,,\n"
        "TOP,pack,30,Pack,2,,,,\n"
        "SUB,press,10,Press,1.5,10,press,4,\n"
    ),
    "operation_links.csv": (
        "item,pred,succ,type,kind,lag_min\n"
        "TOP,join,test,start_start,normal,15\n"
        "TOP,test,pack,,,\n"
        "TOP,test,join,,rework,\n"
    ),
    "operation_stations.csv": (
        "item,operation,station,machine,factor\n"
        "TOP,join,AS,M-AS,1\n"
        "TOP,test,AS,,1.5\n"
        "TOP,pack,AS,,\n"
        "SUB,press,PR,M-PR,\n"
    ),
    "characteristics.csv": (
        "item,operation,code,name,lower,target,upper,source,meaning\n"
        "TOP,join,TRQ,Torque,5,6,7,device,torque\n"
        "TOP,test,GAP,Gap,-1,0,1.5,person,\n"
    ),
    "lots.csv": "item,code,supplier,received_at,expires_on\nSTL,L-1,Mill,-3d 09:00,+90d\n",
    "stock.csv": ("item,lot,location,quantity\nSTL,L-1,WH,250.5\nSCR,,WH,4000\n"),
    "limit_rules.csv": "code,station,upstream_station,upstream_machine,high,low\nAS-PR,AS,PR,M-PR,6,3\n",
    "orders.csv": (
        "number,item,quantity,due,earliest,priority,line,customer_order\n"
        "SO-1,TOP,5,+3d 16:00,,1,L1,PO-9\n"
        "SO-2,TOP,8,2027-04-01,2027-03-20,3,,\n"
    ),
    "devices/line1.yaml": (
        "version: 1\n"
        "devices:\n"
        "  - device: D-AS\n"
        "    machine: M-AS\n"
        "    link: {host: 127.0.0.1, port: 15020}\n"
        "    tags:\n"
        "      - {name: torque, address: 0, type: uint16, meaning: torque}\n"
        "  - device: D-PR\n"
        "    machine: M-PR\n"
        "    link: {host: 127.0.0.1, port: 15021}\n"
        "    writes: true\n"
        "    limit: {address: 100, answer: 120}\n"
        "    tags:\n"
        "      - {name: pieces, address: 0, type: uint32, meaning: count}\n"
    ),
}

Change = Mapping[str, str | bytes | tuple[str, str] | None]


def write(folder: Path, change: Change | None = None) -> Path:
    """The plant in a folder; ``change`` gives a file anew, takes it away (None) or replaces words in it."""
    for name, content in (FILES | dict(change or {})).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif content is not None:
            path.write_text(_replaced(name, content), encoding="utf-8", newline="")
    return folder


def _replaced(name: str, content: str | tuple[str, str]) -> str:
    if isinstance(content, str):
        return content
    old, new = content
    assert old in FILES[name], (name, old)
    return FILES[name].replace(old, new, 1)
