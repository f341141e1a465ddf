"""The shipped bank of phrases (kho nhận xét): progress, strengths, what to work on. Schools add their own."""

from __future__ import annotations

from typing import Any

from django.db import migrations

from khue.core.ids import uuid7

SECONDARY = (
    ("strong", "Nắm vững kiến thức, vận dụng tốt vào bài tập và thực tế."),
    ("strong", "Chủ động, tích cực xây dựng bài; biết giúp đỡ bạn."),
    ("strong", "Trình bày rõ ràng, lập luận chặt chẽ."),
    ("good", "Hiểu bài, hoàn thành đầy đủ nhiệm vụ học tập."),
    ("good", "Có tiến bộ rõ so với đầu học kì."),
    ("good", "Chăm chỉ; cần mạnh dạn phát biểu hơn."),
    ("fair", "Nắm được kiến thức cơ bản; cần luyện tập thêm dạng bài vận dụng."),
    ("fair", "Có cố gắng; cần cẩn thận hơn khi tính toán và trình bày."),
    ("fair", "Cần tập trung hơn trong giờ học."),
    ("weak", "Còn hổng kiến thức cơ bản; cần ôn lại cùng giáo viên và bạn."),
    ("weak", "Cần hoàn thành bài tập đầy đủ và đi học đều."),
)
PRIMARY = (
    ("T", "Em nắm chắc bài, làm bài nhanh và đúng."),
    ("T", "Em đọc trôi chảy, hiểu nội dung bài."),
    ("T", "Em tự tin, hăng hái phát biểu và biết giúp bạn."),
    ("H", "Em hoàn thành các yêu cầu của môn học."),
    ("H", "Em có tiến bộ; cần đọc bài to và rõ hơn."),
    ("H", "Em tính đúng; cần tính nhanh hơn."),
    ("C", "Em cần luyện đọc, luyện viết thêm mỗi ngày."),
    ("C", "Em cần cô và gia đình giúp thêm để theo kịp bài."),
)


def add(apps: Any, schema_editor: Any) -> None:
    """Once; an installation that has a bank of its own keeps it."""
    phrase = apps.get_model("gradebook", "Phrase")
    if phrase.objects.exists():
        return
    rows = [
        (level, *entry)
        for level, bank in (("THCS", SECONDARY), ("THPT", SECONDARY), ("TH", PRIMARY))
        for entry in bank
    ]
    phrase.objects.bulk_create(
        phrase(id=uuid7(), slot="remark", level=level, band=band, text=text, position=number)
        for number, (level, band, text) in enumerate(rows)
    )


class Migration(migrations.Migration):
    """Rows only."""

    dependencies = [("gradebook", "0002_guards")]
    operations = (migrations.RunPython(add, migrations.RunPython.noop),)
