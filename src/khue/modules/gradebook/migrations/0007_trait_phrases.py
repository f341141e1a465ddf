"""Phrases for the groups of traits in primary transcripts (phẩm chất, năng lực), by the lowest level in a group."""

from __future__ import annotations

from typing import Any

from django.db import migrations

from khue.core.ids import uuid7

QUALITY = (
    ("T", "Em chăm học, thật thà, biết yêu thương và giúp đỡ bạn bè."),
    ("T", "Em lễ phép, trung thực, có trách nhiệm với việc được giao."),
    ("T", "Em mến trường, mến bạn, tự giác tham gia việc chung của lớp."),
    ("H", "Em ngoan, thật thà; cần tự giác hơn trong học tập và việc chung."),
    ("H", "Em biết quan tâm tới bạn; cần giữ gìn đồ dùng học tập cẩn thận hơn."),
    ("H", "Em lễ phép; cần mạnh dạn nhận việc và làm đến nơi đến chốn."),
    ("C", "Em cần chăm chỉ hơn và mạnh dạn nhận lỗi khi làm chưa đúng."),
    ("C", "Em cần hoà nhã với bạn và làm xong việc được giao."),
)
GENERAL = (
    ("T", "Em tự học tốt, biết hợp tác với bạn và tìm ra cách giải bài mới."),
    ("T", "Em tự tin trình bày ý kiến, biết lắng nghe và làm việc nhóm tốt."),
    ("T", "Em tự giác làm việc của mình, mạnh dạn nêu cách làm hay."),
    ("H", "Em tự làm được việc của mình; cần mạnh dạn trao đổi với bạn hơn."),
    ("H", "Em biết làm việc nhóm; cần tự tin nêu ý kiến riêng."),
    ("H", "Em hiểu nhiệm vụ được giao; cần tự tìm cách làm trước khi hỏi."),
    ("C", "Em cần được nhắc để tự hoàn thành việc học; nên hỏi khi chưa hiểu bài."),
    ("C", "Em cần mạnh dạn nói với bạn, với thầy cô và tập làm việc cùng nhóm."),
)
SPECIFIC = (
    ("T", "Em diễn đạt rõ ràng, tính toán nhanh, khéo tay và thích khám phá."),
    ("T", "Em nói và viết mạch lạc, vận dụng tốt điều đã học vào cuộc sống."),
    ("T", "Em tính toán thành thạo, yêu cái đẹp, tích cực rèn luyện thân thể."),
    ("H", "Em tính toán đúng; cần nói và viết rõ ý hơn."),
    ("H", "Em biết vận dụng điều đã học; cần quan sát kĩ và làm cẩn thận hơn."),
    ("H", "Em tham gia đủ các hoạt động vẽ, hát, thể thao; cần luyện thêm để tự tin hơn."),
    ("C", "Em cần luyện nói, viết và tính toán thêm mỗi ngày cùng thầy cô và gia đình."),
    ("C", "Em cần được hướng dẫn thêm khi làm bài thực hành và tập luyện."),
)
BANKS = (("traits-quality", QUALITY), ("traits-general", GENERAL), ("traits-specific", SPECIFIC))


def add(apps: Any, schema_editor: Any) -> None:
    """After those that are there; a teacher takes them or writes her own."""
    rows = [(slot, band, text) for slot, bank in BANKS for band, text in bank]
    phrase = apps.get_model("gradebook", "Phrase")
    phrase.objects.bulk_create(
        phrase(id=uuid7(), slot=slot, level="TH", band=band, text=text, position=number)
        for number, (slot, band, text) in enumerate(rows, 100)
    )


class Migration(migrations.Migration):
    """Rows only."""

    dependencies = [("gradebook", "0006_lean_indexes")]
    operations = (migrations.RunPython(add, migrations.RunPython.noop),)
