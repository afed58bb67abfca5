"""How is what happened said in English and in Chinese?"""
